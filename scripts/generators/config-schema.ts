/** config/dr.schema.json: what editors complete and check `dr.yml` with. */
import { configJsonSchema } from '../../src/config/json-schema.ts';
import type { Generator } from '../generate.ts';

export const configSchemaFile: Generator = {
  output: 'config/dr.schema.json',
  make() {
    const { $schema, ...rest } = configJsonSchema();
    const title = 'Regent configuration (dr.yml)';
    const description = 'Made from src/config/schema.ts by npm run generate. Do not edit.';
    return `${JSON.stringify({ $schema, title, description, ...rest }, null, 2)}\n`;
  },
};
