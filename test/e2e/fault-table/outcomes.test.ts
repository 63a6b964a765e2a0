import './new-api-version';
import '../../workflows/outcomes.test';
