/** The value of one series at a server's `/metrics`, e.g. `inference_streams{pipeline="p"}`; 0 when it is not there. */
export async function readSeries(http: string, series: string): Promise<number> {
  // A connection of its own: one that was kept may be closed by the server just when it is used again.
  const text = await (await fetch(`http://${http}/metrics`, { headers: { connection: 'close' } })).text();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}
