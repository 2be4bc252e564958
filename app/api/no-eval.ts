// Imported first: tells zod not to try whether it may compile code at run time. The policy forbids it, and the mere try
// would be reported as a violation.
import { config } from 'zod';

config({ jitless: true });
