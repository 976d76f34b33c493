// The SDK's Duration type comes from `ms`, whose typings lie outside its exports map: without this declaration
// skipLibCheck would quietly turn every duration into an unchecked string ("five parsecs" would compile).
declare module 'ms' {
  type Unit =
    'ms' | 's' | 'm' | 'h' | 'd' | 'second' | 'seconds' | 'minute' | 'minutes' | 'hour' | 'hours' | 'day' | 'days';
  export type StringValue = `${number}` | `${number}${Unit}` | `${number} ${Unit}`;
}
