using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using MarketingSwarm.Benchmarks.Comparison;
using MarketingSwarm.Benchmarks.Connecting;
using MarketingSwarm.Benchmarks.Starting;

if (args is ["compare", .. var options]) return await CompareCommand.RunAsync(options);
if (args is ["connector", .. var connectorOptions]) return await ConnectorCommand.RunAsync(connectorOptions);
if (args is ["start", .. var startOptions]) return await StartCommand.RunAsync(startOptions);

// Whole loads of seconds each, in this process: the module is loaded as PowerShell loads it.
var job = Job.Default
    .WithStrategy(RunStrategy.Monitoring)
    .WithToolchain(InProcessNoEmitToolchain.Instance)
    .WithWarmupCount(1)
    .WithIterationCount(5)
    .WithInvocationCount(1)
    .WithUnrollFactor(1);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, DefaultConfig.Instance.AddJob(job).WithOption(ConfigOptions.DisableOptimizationsValidator, true));
return 0;
