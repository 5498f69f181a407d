/** How a changed pipeline document reaches running servers. */
export enum DocumentChange {
  /** Pods are replaced, as for any other change. */
  ROLL = 'roll',
  /**
   * Running servers load the changed file, check it, and swap it in without losing a request; a bad one is refused and the old
   * one keeps serving. It takes the kubelet up to two minutes to write the file.
   */
  RELOAD = 'reload',
}
