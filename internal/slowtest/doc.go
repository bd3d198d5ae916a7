// Package slowtest holds tests of an application whose database is slow, far away,
// gone without a word, or has fewer connections than there are clients. What is
// asked of it then is in docs/reliability.md: every request ends in time, with an
// answer that says what happened, and nothing is left behind.
package slowtest
