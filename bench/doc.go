// Package bench measures what a resource costs against the same endpoints
// written by hand. It is a module of its own without code; its tests are the program:
//
//	go -C bench test . -run TestCompare -v -compare
//
// The servers and the load generator are processes of their own, started from
// the test binary. Each round measures the hand-written server and Plinth one
// after the other, in an order that alternates, and what counts is the ratio
// within a round: other work on the machine hits both sides alike. Without
// -compare the test only checks that both sides answer alike, on data where a
// wrong answer would differ, and measures nothing.
//
// A second command measures series, in each of which one quantity grows, and
// draws them:
//
//	go -C bench test . -run TestSeries -v -series -timeout 30m
//
// A third command measures a point read of the whole default application, with its
// accounts, its chain and its access log in a file, against the REST handler alone:
//
//	go -C bench test . -run TestGoodput -v -goodput
//
// More flags, behind the package: -engine sqlite|postgres|both, -cases <regexp>
// for cases or series, -rounds, -seconds, -report <file> to replace the measured
// parts of a document, -profiles <folder> to keep CPU and allocation profiles of
// both servers.
//
// PostgreSQL is a server of the test's own with fsync on, made from local
// binaries, or the one that PLINTH_TEST_DATABASE_URL names, as it is configured.
package bench
