import './new-api-version';
import '../../workflows/wake.test';
