// Package programtest finds and runs the programs of others that tests work with.
//
// A test that lacks one is skipped in one line. PLINTH_TEST_REQUIRE, a list of names
// separated by commas, makes that a failure for those it names; a name that no test
// knows is refused, since misspelt it would require nothing.
package programtest
