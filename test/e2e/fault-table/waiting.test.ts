import './new-api-version';
import '../../workflows/waiting.test';
