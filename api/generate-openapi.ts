import { writeFile } from 'node:fs/promises';
import { openApi } from './openapi.ts';

await writeFile(new URL('openapi.json', import.meta.url), await openApi());
