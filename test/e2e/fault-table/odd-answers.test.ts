import './new-api-version';
import '../../workflows/odd-answers.test';
