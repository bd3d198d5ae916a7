// Package fulltext defines the search operator for all engines: the boundaries of words,
// their comparison, the syntax of queries, and the query of each engine. The engines' own
// text parsers are not used, because no two of them agree.
//
// A word is a maximal run of characters other than separators. Separators are white space,
// punctuation, symbols and control characters: the categories Z, P, S, Cc and Cf of Unicode
// 15. An underscore, a hyphen and an emoji separate, combining marks do not. Letters are
// compared in lower case, rune by rune, and a final sigma equals a sigma. Only the first
// 100 characters of a word and the first 100,000 of a text count.
package fulltext
