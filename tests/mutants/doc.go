// Package mutants plants faults in the code and lists those that no test finds.
package mutants
