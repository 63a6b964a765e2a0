import './new-api-version';
import '../../workflows/continue-as-new.test';
