// Every protocol helper there is; the one place to add one. Where several share a port, the earlier one is asked first.
import { amanda } from './amanda.ts';
import { cuseeme } from './cuseeme.ts';
import { ftp } from './ftp.ts';
import { h323 } from './h323.ts';
import type { Helper } from './helper.ts';
import { ident } from './ident.ts';
import { irc } from './irc.ts';
import { mms } from './mms.ts';
import { pptp } from './pptp.ts';
import { quake } from './quake.ts';
import { realaudio } from './realaudio.ts';
import { rsh } from './rsh.ts';
import { rtsp } from './rtsp.ts';
import { sip } from './sip.ts';
import { talk } from './talk.ts';
import { tftp } from './tftp.ts';
import { vdolive } from './vdolive.ts';

export const HELPERS: readonly Helper[] = [
  amanda,
  cuseeme,
  ftp,
  h323,
  ident,
  irc,
  mms,
  pptp,
  quake,
  realaudio,
  rsh,
  rtsp,
  sip,
  talk,
  tftp,
  vdolive,
];
