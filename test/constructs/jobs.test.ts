import { ApiObject, App, Chart, JsonPatch, Testing } from 'cdk8s';
import * as mis from '../../constructs';
import { fallDetection } from '../../stacks/pipelines/fall-detection/pipeline';
import { at, find, type Synthesized } from '../fixtures/synthesize';

const components = mis.ComponentSource.volume('models');

/** A stack with both kinds of jobs; `change` may patch anything before synth. */
function stack(change: (object: ApiObject) => void = () => undefined): {
  objects: Synthesized[];
  jobName: string;
} {
  const chart = new Chart(new App(), 'test');
  const ml = new mis.StackNamespace(chart, 'ml');
  new mis.ComponentRepository(ml, 'repository', { store: mis.MongoDb.replicaSet(ml, 'mongo') });
  const server = new mis.InferenceServer(ml, 'fall', { pipelines: [fallDetection], components });
  const target = mis.BenchmarkTarget.server(server);
  const job = new mis.BenchmarkJob(ml, 'load', { target, profile: { profile: 'closed-loop' } });
  for (const object of chart.node.findAll()) if (ApiObject.isApiObject(object)) change(object);
  const objects = Testing.synth(chart) as Synthesized[];
  return { objects, jobName: job.jobName };
}

const jobs = ({ objects }: { objects: Synthesized[] }) =>
  objects.filter(({ kind }) => kind === 'Job').map(({ metadata: { name } }) => name);
const label = (value: string) => (object: ApiObject) => {
  if (object.kind === 'Job')
    object.addJsonPatch(JsonPatch.add('/spec/template/metadata/labels/cost-centre', value));
};

describe('jobs', () => {
  it('keep their names while nothing changes', () => {
    expect(jobs(stack())).toEqual(jobs(stack()));
    expect(jobs(stack(label('4711')))).toEqual(jobs(stack(label('4711'))));
  });

  it('have other names after a patch, because the cluster takes no change of a Job', () => {
    const names = [jobs(stack()), jobs(stack(label('4711'))), jobs(stack(label('4712')))].flat();
    expect(names.length).toBe(6);
    expect(new Set(names).size).toBe(6);
    for (const name of names) expect(name).toMatch(/^(mongo-setup|load)-[0-9a-f]{8}$/);
  });

  it('say what they are called in the end', () => {
    const patched = stack(label('4711'));
    expect(jobs(patched)).toContain(patched.jobName);
  });

  it('are deleted by no time limit, and the one of the database by no deadline', () => {
    const setup = stack().objects.find(({ metadata: { name } }) => name.startsWith('mongo-setup-'));
    expect(at(setup, 'spec.ttlSecondsAfterFinished')).toBeUndefined();
    expect(at(setup, 'spec.activeDeadlineSeconds')).toBeUndefined();
  });
});

describe('pods', () => {
  const checksum = (objects: readonly Synthesized[]) =>
    at(find(objects, 'Deployment', 'fall'), 'spec.template.metadata.annotations');
  const patch = (text: string) => (object: ApiObject) => {
    if (object.kind === 'ConfigMap' && object.name === 'fall-fall-detection')
      object.addJsonPatch(JsonPatch.add('/data/more.yaml', text));
  };

  it('are replaced when a ConfigMap of theirs is patched', () => {
    const sums = [stack(), stack(patch('a')), stack(patch('b'))].map(({ objects }) => checksum(objects));
    expect(new Set(sums.map((sum) => JSON.stringify(sum))).size).toBe(3);
    expect(checksum(stack(patch('a')).objects)).toEqual(sums[1]);
  });
});
