// Package fulltext says what the search operator finds: what a word is, how
// words are compared, how a query is written, and how each engine is asked for
// it. It is the one definition; the engines' own parsers of text are not used,
// because no two of them agree.
//
// A word is a maximal run of characters that are no separators. Separators are
// white space, punctuation, symbols and control characters: the categories Z,
// P, S, Cc and Cf of Unicode 15, so an underscore, a hyphen and an emoji
// separate, and combining marks do not. Letters are compared in lower case, rune
// by rune, and a final sigma is a sigma. Of a word the first 100 characters
// count, of a text the first 100,000.
package fulltext
