import { AdmissionGate } from '../../../runtime/pipeline/admission-gate';

describe('AdmissionGate', () => {
  it('is open below both limits and closed at either', () => {
    const gate = new AdmissionGate({ maxRequests: 2, maxBytes: 100 });
    gate.admit(10);
    expect(gate.isOpen).toBe(true);
    gate.admit(10);
    expect(gate.isOpen).toBe(false);
    gate.release(10);
    gate.admit(90);
    expect(gate.isOpen).toBe(false);
  });

  it('lets a request in that alone is larger than the byte limit', () => {
    const gate = new AdmissionGate({ maxRequests: 2, maxBytes: 100 });
    expect(gate.isOpen).toBe(true);
    gate.admit(1000);
    gate.release(1000);
    expect(gate.isOpen).toBe(true);
  });

  it('lets streams on in the order in which they came, and only while there is room', () => {
    const gate = new AdmissionGate({ maxRequests: 1, maxBytes: 100 });
    const letOn: string[] = [];
    gate.admit(1);
    for (const name of ['first', 'second']) {
      gate.whenOpen(() => {
        letOn.push(name);
        gate.admit(1);
      });
    }
    gate.release(1);
    expect(letOn).toEqual(['first']);
    gate.release(1);
    expect(letOn).toEqual(['first', 'second']);
  });

  it('does not wake a stream that has ended', () => {
    const gate = new AdmissionGate({ maxRequests: 1, maxBytes: 100 });
    const resume = jest.fn();
    gate.admit(1);
    gate.whenOpen(resume);
    gate.forget(resume);
    gate.release(1);
    expect(resume).not.toHaveBeenCalled();
  });
});
