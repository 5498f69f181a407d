import { type Panel, type Row } from './panel';
import { RUNTIME_METRICS as METRICS } from '../../../contracts/names/metrics';

const WIDTH = 24;
const PANELS_A_ROW = 3;
const HEIGHT = 8;

/** Variable for the data source: `Grafana` provisions one, another Grafana lets the user choose. */
const DATA_SOURCE = { type: 'prometheus', uid: '${source}' } as const;

/** A dashboard as Grafana reads it (schema 39), with a choice of data source and namespace at the top. */
export function renderDashboard(uid: string, title: string, rows: readonly Row[]): object {
  const panels: object[] = [];
  let top = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y: top, w: WIDTH, h: 1 },
      panels: [],
    });
    top += 1;
    row.panels.forEach((panel, index) => {
      const width = WIDTH / PANELS_A_ROW;
      const x = (index % PANELS_A_ROW) * width;
      const y = top + Math.floor(index / PANELS_A_ROW) * HEIGHT;
      panels.push(renderPanel(panel, panels.length + 1, { x, y, w: width, h: HEIGHT }));
    });
    top += Math.ceil(row.panels.length / PANELS_A_ROW) * HEIGHT;
  }
  return {
    uid,
    title,
    tags: ['modular-inference-stack'],
    schemaVersion: 39,
    editable: false,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [SOURCE_VARIABLE, NAMESPACE_VARIABLE] },
    panels,
  };
}

function renderPanel({ title, description, unit, queries }: Panel, id: number, gridPos: object): object {
  return {
    id,
    type: 'timeseries',
    title,
    description,
    datasource: DATA_SOURCE,
    gridPos,
    fieldConfig: {
      defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: Object.entries(queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATA_SOURCE,
      expr,
      legendFormat,
    })),
  };
}

const SOURCE_VARIABLE = {
  name: 'source',
  label: 'Prometheus',
  type: 'datasource',
  query: 'prometheus',
  current: {},
};

const NAMESPACE_VARIABLE = {
  name: 'namespace',
  label: 'Namespace',
  type: 'query',
  datasource: DATA_SOURCE,
  definition: `label_values(${METRICS.inFlight.name}, namespace)`,
  query: { query: `label_values(${METRICS.inFlight.name}, namespace)`, refId: 'namespace' },
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
};
