import './new-api-version';
import '../../workflows/embed.test';
