// Every protocol helper there is; the one place to add one.
import { ftp } from './ftp.ts';
import type { Helper } from './helper.ts';

export const HELPERS: readonly Helper[] = [ftp];
