import './new-api-version';
import '../../workflows/attach-and-input.test';
