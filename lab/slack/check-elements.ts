/** What Slack accepts inside blocks: texts, buttons, selects, inputs, and their sizes. */
import { anything, byType, type Check, every, flag, isObject, list, number, object, oneOf, string } from './shape.ts';

const TYPE = { 'type!': anything };
const ACTION = { ...TYPE, action_id: string(255), focus_on_load: flag };

export function plainText(max: number, min = 1): Check {
  return byType({ plain_text: object({ ...TYPE, 'text!': string(max, min), emoji: flag }) }, 'only plain_text here');
}

export function anyText(max: number): Check {
  return byType(
    {
      plain_text: object({ ...TYPE, 'text!': string(max, 1), emoji: flag }),
      mrkdwn: object({ ...TYPE, 'text!': string(max, 1), verbatim: flag }),
    },
    'plain_text or mrkdwn',
  );
}

const confirm = object({
  'title!': plainText(100),
  'text!': anyText(300),
  'confirm!': plainText(30),
  'deny!': plainText(30),
  style: oneOf('primary', 'danger'),
});

const option = object({ 'text!': anyText(75), 'value!': string(150, 1), description: anyText(75), url: string(3000) });
const optionGroup = object({ 'label!': plainText(75), 'options!': list(option, 100, 1) });

const select = { ...ACTION, placeholder: plainText(150), confirm };
const conversations = {
  default_to_current_conversation: flag,
  response_url_enabled: flag,
  filter: anything,
};

const hasOptions: Check = (value, at, report) => {
  if (isObject(value) && (value['options'] === undefined) === (value['option_groups'] === undefined)) {
    report(at, 'must have either options or option_groups');
  }
};

const image = every(
  object({ ...TYPE, 'alt_text!': string(2000), image_url: string(3000), slack_file: anything }),
  (value, at, report) => {
    if (isObject(value) && (value['image_url'] === undefined) === (value['slack_file'] === undefined)) {
      report(at, 'must have either image_url or slack_file');
    }
  },
);

const button = object({
  ...ACTION,
  'text!': plainText(75),
  value: string(2000),
  url: string(3000),
  style: oneOf('primary', 'danger'),
  confirm,
  accessibility_label: string(75),
});

const interactive: Record<string, Check> = {
  button,
  overflow: object({ ...ACTION, 'options!': list(option, 5, 1), confirm }),
  static_select: every(
    object({
      ...select,
      options: list(option, 100, 1),
      option_groups: list(optionGroup, 100, 1),
      initial_option: option,
    }),
    hasOptions,
  ),
  multi_static_select: every(
    object({
      ...select,
      options: list(option, 100, 1),
      option_groups: list(optionGroup, 100, 1),
      initial_options: list(option, 100, 1),
      max_selected_items: number,
    }),
    hasOptions,
  ),
  external_select: object({ ...select, initial_option: option, min_query_length: number }),
  users_select: object({ ...select, initial_user: string(255) }),
  multi_users_select: object({ ...select, initial_users: list(string(255), 100), max_selected_items: number }),
  conversations_select: object({ ...select, ...conversations, initial_conversation: string(255) }),
  channels_select: object({ ...select, initial_channel: string(255), response_url_enabled: flag }),
  checkboxes: object({ ...ACTION, 'options!': list(option, 10, 1), initial_options: list(option, 10, 1), confirm }),
  radio_buttons: object({ ...ACTION, 'options!': list(option, 10, 1), initial_option: option, confirm }),
  datepicker: object({ ...select, initial_date: string(10, 10) }),
  timepicker: object({ ...select, initial_time: string(5, 5), timezone: string(255) }),
  datetimepicker: object({ ...ACTION, initial_date_time: number, confirm }),
};

const typed = {
  ...ACTION,
  placeholder: plainText(150),
  initial_value: string(3000),
  dispatch_action_config: anything,
};

const typedInputs: Record<string, Check> = {
  plain_text_input: object({ ...typed, multiline: flag, min_length: number, max_length: upTo(3000) }),
  number_input: object({ ...typed, 'is_decimal_allowed!': flag, min_value: anything, max_value: anything }),
  email_text_input: object(typed),
  url_text_input: object(typed),
};

function upTo(max: number): Check {
  return (value, at, report) => {
    if (typeof value !== 'number' || value > max) report(at, `must be at most ${max}`);
  };
}

const { button: _button, overflow: _overflow, ...pickers } = interactive;

export const accessory = byType({ ...interactive, image }, 'an accessory');
export const actionElement = byType(interactive, 'an element of actions');
export const inputElement = byType({ ...pickers, ...typedInputs }, 'an element of input');
export const contextElement = byType(
  {
    image,
    plain_text: object({ ...TYPE, 'text!': string(3000, 1), emoji: flag }),
    mrkdwn: object({ ...TYPE, 'text!': string(3000, 1), verbatim: flag }),
  },
  'an element of context',
);
