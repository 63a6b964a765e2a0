import './new-api-version';
import '../../workflows/delete-run.test';
