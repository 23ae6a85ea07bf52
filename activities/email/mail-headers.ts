/** The headers every automated mail carries, plus RFC 8058 one-click unsubscribe when the mail has such a link. */
export function mailHeaders(o: { unsubscribeUrl?: string }): Record<string, string> {
  return {
    'Auto-Submitted': 'auto-generated',
    ...(o.unsubscribeUrl === undefined
      ? {}
      : {
          'List-Unsubscribe': `<${o.unsubscribeUrl}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        }),
  };
}
