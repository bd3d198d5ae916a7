// Package paritytest holds the promise that an application answers alike on
// SQLite and on PostgreSQL. Its test sends the same requests, generated from the
// whole grammar of the wire, to one application on both engines, and compares the
// answers byte for byte; then the tables and the change logs.
//
// A difference is a defect of the library, or stands with its reason in the list
// of what is not compared.
package paritytest
