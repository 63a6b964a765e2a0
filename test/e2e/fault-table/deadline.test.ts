import './new-api-version';
import '../../workflows/deadline.test';
