import './new-api-version';
import '../crash.test';
