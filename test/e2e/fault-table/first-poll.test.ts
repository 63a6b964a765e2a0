import './new-api-version';
import '../../workflows/first-poll.test';
