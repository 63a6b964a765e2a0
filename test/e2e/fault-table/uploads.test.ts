import './new-api-version';
import '../../workflows/uploads.test';
