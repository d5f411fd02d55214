// What Sphinx's own scripts declare, as far as assets/search.js uses it.

declare const Search: { htmlToText: (html: string, anchor?: string) => string };
declare const DOCUMENTATION_OPTIONS: { SHOW_SEARCH_SUMMARY: boolean };
