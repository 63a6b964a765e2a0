import './new-api-version';
import '../../workflows/submits.test';
