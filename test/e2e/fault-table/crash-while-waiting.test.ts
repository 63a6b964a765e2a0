import './new-api-version';
import '../crash-while-waiting.test';
