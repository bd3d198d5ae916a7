// Package programtest is the kit of tests that work with programs: it finds and runs programs
// of others, gives servers their listeners, and waits for what happens in the background.
//
// A test that lacks one is skipped in one line. PLINTH_TEST_REQUIRE, a list of names
// separated by commas, makes that a failure for those it names; a name that no test
// knows is refused, since misspelt it would require nothing.
package programtest
