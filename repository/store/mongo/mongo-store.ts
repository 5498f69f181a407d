export class MongoStore {
  static open(_uri: string, _o: { spoolDirectory: string }): Promise<never> {
    throw new Error('x');
  }
}
