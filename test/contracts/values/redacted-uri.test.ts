import { redactUri } from '../../../contracts/values/redacted-uri';

it.each([
  ['mongodb://host:27017/db', 'mongodb://host:27017/db'],
  ['mongodb://a:1,b:2,c/db', 'mongodb://a:1,b:2,c/db'],
  ['mongodb://user:SECRET@host/db', 'mongodb://…@host/db'],
  ['mongodb+srv://user:SECRET@cluster.example/db?retryWrites=true', 'mongodb+srv://…@cluster.example/db'],
  ['mongodb://user:p@ss/w:rdSECRET@localhost:27017/components', 'mongodb://…@localhost:27017/components'],
  ['mongo://u:SEC/RET@h/db', 'mongo://…@h/db'],
  ['mongodb://user:SEC?RET@h/db', 'mongodb://…@h/db'],
  ['mongodb://user:SEC#RET@h/db', 'mongodb://…@h/db'],
  ['mongodb://user:12/34SECRET@h/db', 'mongodb://…@h/db'],
  ['mongodb://user:SECRET', 'mongodb://…'],
  ['mongodb:user:SECRET@h/db', '…@h/db'],
  ['user:SECRET@h/db', '…@h/db'],
  ['mongodb://h/db?tlsCertificateKeyFilePassword=SECRET', 'mongodb://h/db'],
  ['mongodb://u@h/db?authMechanismProperties=AWS_SESSION_TOKEN:SEC@RET', 'mongodb://…@h/db'],
  ['https://me:SECRET@models.example/base', 'https://…@models.example/base'],
  ['https://me:SEC@RET@models.example/base', 'https://…@models.example/base'],
  ['http://[::1]:9012/x', 'http://[::1]:9012/x'],
  ['http://me:SECRET@[::1]:9012', 'http://…@[::1]:9012'],
  ['https://models.example/?token=SECRET#SECRET', 'https://models.example/'],
  ['file:./mis-repository', 'file:./mis-repository'],
  ['', ''],
])('%s is told as %s', (uri, expected) => {
  expect(redactUri(uri)).toBe(expected);
  expect(redactUri(uri)).not.toContain('SEC');
});
