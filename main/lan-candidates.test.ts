import { describe, expect, it } from 'vitest';
import { defaultRouteInterfaces, type LanSources, listLanCandidates } from './lan-candidates.ts';

const route = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
  'wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0',
  'eth0\t00000000\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
].join('\n');

const files: Record<string, Record<string, string>> = {
  lo: { type: '772' },
  masq0: { type: '65534' },
  'masq-lan': { type: '1' },
  veth12ab: { type: '1' },
  wlan0: { type: '1', 'phy80211/name': 'phy0', operstate: 'up' },
  eth0: { type: '1', operstate: 'up', speed: '1000' },
  enx0: { type: '1', operstate: 'down', carrier: '0', 'device/modalias': 'usb:v0BDA' },
};

const sources: LanSources = {
  names: () => Object.keys(files),
  attribute: (name, file) => files[name]?.[file] ?? null,
  addresses: () => ({
    eth0: [
      {
        family: 'IPv4',
        address: '192.168.7.1',
        netmask: '255.255.255.0',
        mac: '02:00:00:00:00:01',
        internal: false,
        cidr: '192.168.7.1/24',
      },
    ],
  }),
  routes: () => route,
};

describe('network cards', () => {
  it('lists what could serve a LAN, the one with the default route last', () => {
    expect(listLanCandidates(sources)).toEqual([
      {
        name: 'enx0',
        description: 'USB network card',
        addresses: [],
        up: false,
        wireless: false,
        carriesDefault: false,
      },
      {
        name: 'eth0',
        description: 'Ethernet card, 1000 Mbit/s',
        addresses: ['192.168.7.1/24'],
        up: true,
        wireless: false,
        carriesDefault: false,
      },
      {
        name: 'wlan0',
        description: 'Wireless card',
        addresses: [],
        up: true,
        wireless: true,
        carriesDefault: true,
      },
    ]);
  });

  it('reads the default routes, and survives rubbish', () => {
    expect([...defaultRouteInterfaces(route)]).toEqual(['wlan0']);
    for (const text of ['', '\n\n', 'x', 'a\tb\nc', '\n\t00000000'])
      expect(defaultRouteInterfaces(text).size).toBe(0);
  });
});
