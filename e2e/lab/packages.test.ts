import { expect, it } from 'vitest';
import { requirePackages } from './packages.ts';

it('names what to install, and nothing that is there', async () => {
  await requirePackages(['dpkg', 'coreutils']);
  await expect(requirePackages(['dpkg', 'no-such-thing', 'nor-this'])).rejects.toThrow(
    'The lab needs: apt-get install -y no-such-thing nor-this',
  );
});
