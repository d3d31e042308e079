import { config } from 'zod';

// The pages' policy forbids making code from text. Schemas work without; trying would only be reported as a violation.
config({ jitless: true });
