import { describe, expect, it } from 'vitest';
import { ownerOf } from './owner.ts';

describe('the owner', () => {
  it.each<[string, number, NodeJS.ProcessEnv, ReturnType<typeof ownerOf>]>([
    ['of pkexec', 0, { PKEXEC_UID: '1000' }, { uid: 1000, direct: false }],
    ['of sudo', 0, { SUDO_UID: '1001' }, { uid: 1001, direct: false }],
    ['of both is pkexec’s', 0, { PKEXEC_UID: '1000', SUDO_UID: '0' }, { uid: 1000, direct: false }],
    ['of root itself', 0, {}, { uid: 0, direct: true }],
    ['is never root by an elevation', 0, { PKEXEC_UID: '0' }, null],
    ['is no word', 0, { SUDO_UID: 'root' }, null],
    ['is no empty word', 0, { SUDO_UID: '' }, null],
    ['is not -1', 0, { SUDO_UID: '4294967295' }, null],
    ['is nobody without root', 1000, { PKEXEC_UID: '1000' }, null],
  ])('%s', (_name, uid, environment, expected) => expect(ownerOf(uid, environment)).toEqual(expected));
});
