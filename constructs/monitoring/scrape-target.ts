import { type IConstruct } from 'constructs';
import { type IConnectable } from '../network/connections';

/** A construct with metrics. */
export interface IMonitored {
  readonly scrapeTarget: ScrapeTarget;
}

/** A Prometheus of this package. */
export interface ScrapingPrometheus extends IConnectable {
  /** Base URL. */
  readonly url: string;
  readonly port: number;
  readonly scrapeSeconds: number;
}

/** Pods with metrics, and where the metrics are. */
export interface ScrapeTarget {
  /** Name of the scrape job. */
  readonly job: string;
  /** Construct of the pods: gives their namespace, and its NetworkPolicy admits Prometheus. */
  readonly workload: IConstruct & Partial<IConnectable>;
  /** Labels of the pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Name of the container's port. */
  readonly port: string;
  readonly containerPort: number;
  /** Whether it is scraped over TLS. Its certificate, which is for the Service's name, is not checked. @default false */
  readonly tls?: boolean;
  /** @default /metrics */
  readonly path?: string;
  /** Parameters of the request. @default - none */
  readonly parameters?: Readonly<Record<string, readonly string[]>>;
  /** Whether labels `namespace` and `pod` of the metrics win over those of the pod that serves them. @default false */
  readonly honorLabels?: boolean;
  /** Called by each {@link Prometheus} that scrapes the target: autoscalers read their signals from it. */
  readonly onScraped?: (prometheus: ScrapingPrometheus) => void;
}
