// Two tests at a time: the databases and the child processes that they start need the other processors.
[assembly: Xunit.v3.Parallelization(MaxThreads = 2)]
[assembly: AssemblyFixture(typeof(PostgresServer))]
