import { type Command, Option } from 'commander';
import { type AdapterArgument, adapterArgument } from './adapter_argument.ts';
import { SHIPPED_BASE } from './base_model.ts';
import { addDeviceOptions, type DeviceOptions } from './device.ts';
import { text } from './options.ts';

/** Options of every command that edits pictures, as commander parses them. */
export interface EditOptions extends DeviceOptions {
  readonly base: string;
  readonly adapter: readonly AdapterArgument[];
  readonly prompt?: string;
}

/** Adds them. */
export function addEditOptions(command: Command): Command {
  return addDeviceOptions(command)
    .addOption(
      new Option('--base <file>', 'base generator').argParser(text).default(SHIPPED_BASE, 'the shipped one'),
    )
    .addOption(
      new Option(
        '--adapter <path[:strength]>',
        'adapter folder, or file with kohya names; may be repeated; strength 0 leaves the base, 1 is as trained',
      )
        .argParser(adapterArgument)
        .default([], 'none'),
    )
    .addOption(
      new Option('--prompt <text>', "text that conditions the generator (default: the adapters')").argParser(
        text,
      ),
    );
}
