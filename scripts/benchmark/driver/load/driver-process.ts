import { messageOf } from '../../../../contracts/program/problem';
import { type DriverNews, type DriverOrder } from './load-driver';
import { LocalDriver } from './local-driver';

// A driver process: follows the orders of its run over IPC until that disconnects.

const COUNTS_INTERVAL_MS = 250;

const driver = new LocalDriver();

function tell(news: DriverNews): void {
  if (process.connected) process.send?.(news);
}

async function follow(order: DriverOrder): Promise<void> {
  if (order.do === 'stop') {
    driver.stop(order.reason);
  } else if (order.do === 'prepare') {
    await driver.prepare(order.job);
    tell({ is: 'prepared' });
  } else {
    const timer = setInterval(() => tell({ is: 'counts', counts: driver.counts }), COUNTS_INTERVAL_MS);
    const share = await driver.drive(order.startAtMs);
    clearInterval(timer);
    tell({ is: 'counts', counts: driver.counts });
    tell({ is: 'share', share });
  }
}

process.on('message', (order: DriverOrder) => {
  follow(order).catch((error: unknown) => tell({ is: 'failed', message: messageOf(error) }));
});
// Ctrl-C reaches every process of the terminal: the run decides.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
