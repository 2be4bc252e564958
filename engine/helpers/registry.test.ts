import { describe, expect, it } from 'vitest';
import { helperStateSchema } from '../contract.ts';
import { Lab } from '../masquerade/lab.ts';
import { portsOf } from './posts.ts';
import { HELPERS } from './registry.ts';

describe('the registry', () => {
  it('has each helper once, in order', () => {
    const names = HELPERS.map((helper) => helper.name);
    expect(names).toEqual([...new Set(names)].sort());
  });
  it('has FTP on and all else off (RFC 4787 REQ-10, RFC 5382 REQ-6)', () => {
    expect(HELPERS.filter((helper) => helper.on).map((helper) => helper.name)).toEqual(['ftp']);
  });
  it.each(HELPERS.map((helper) => [helper.name, helper] as const))('%s can be shown', (name, helper) => {
    const lab = new Lab({ helpers: { [name]: { on: true, ports: [] } } });
    const state = lab.router.helperStates().find((one) => one.name === name);
    expect(helperStateSchema.safeParse(state).error).toBeUndefined();
    expect(state).toMatchObject({ on: true, ports: portsOf(helper), hits: 0, expectations: 0, refusals: [] });
    expect(helper.opens).toMatch(/^[A-Z].*\.$/);
    expect(portsOf(helper).length).toBeGreaterThan(0);
  });
});
