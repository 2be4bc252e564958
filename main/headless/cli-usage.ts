/** What calls cost: `usage`, as a table or as CSV. */
import { type CallRecord, type MonthTotal, moneyText, type UsageReport, usageCsv } from '../contract.ts';
import { bytes } from '../faces/words.ts';
import { EXIT, misread, print, told, type Verb } from './cli-context.ts';
import { duration, table } from './cli-format.ts';

export const usage: Verb = {
  usage: [
    ['usage [--month MONTH] [--csv]', 'time, bytes and cost of a month, such as 2026-11;'],
    ['', '--csv has the calls for a spreadsheet'],
  ],
  flags: ['--month', '--csv'],
  read: ([word], flags) => {
    const month = flags.get('--month');
    if (word !== undefined) return misread(`“${word}” is too much.`);
    if (month !== undefined && !/^\d{4}-(?:0[1-9]|1[0-2])$/.test(String(month)))
      return misread('--month takes a month such as 2026-11.');
    return {
      ok: true,
      run: async (context) =>
        told(
          context,
          await context.client.call('usage', typeof month === 'string' ? { month } : {}),
          (report) => {
            if (!flags.has('--csv')) return print(context, report, usageText(report));
            context.out(usageCsv(report.calls).trimEnd());
            return EXIT.done;
          },
        ),
    };
  },
};

const money = ({ cost, currency }: Pick<MonthTotal, 'cost' | 'currency'>) =>
  cost === null ? '-' : moneyText(cost, currency).replace('\u00a0', ' ');

function usageText({ month, months, totals, calls }: UsageReport): string {
  if (totals.length === 0) {
    const others = months.length === 0 ? '' : ` There is something for ${months.join(', ')}.`;
    return `No call was counted in ${month}.${others}`;
  }
  const head = [
    table(
      [month, 'Calls', 'Time', 'Received', 'Sent', 'Cost'],
      totals.map((total) => [
        total.provider,
        String(total.calls),
        duration(total.seconds * 1000),
        bytes(total.bytesDown),
        bytes(total.bytesUp),
        money(total),
      ]),
    ),
  ];
  if (calls.length > 0)
    head.push(
      '',
      table(
        ['Answered', 'Provider', 'Number', 'Time', 'Received', 'Sent', 'Cost'],
        calls.map((call) => [answered(call), call.provider, call.number, ...figures(call)]),
      ),
    );
  return head.join('\n');
}

const figures = (call: CallRecord) => [
  duration(call.seconds * 1000),
  bytes(call.bytesDown),
  bytes(call.bytesUp),
  money(call),
];

/** Local time. */
function answered({ at }: CallRecord): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${date.toTimeString().slice(0, 5)}`;
}
