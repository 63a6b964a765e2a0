import './new-api-version';
import '../../workflows/cancellation.test';
