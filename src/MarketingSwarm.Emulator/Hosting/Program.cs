// The process's own streams are the emulator's interface: one line on standard output when it listens, the log on standard error.
#pragma warning disable RS0030
using System.Net;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.State;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.ResponseCompression;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The emulator's process.</summary>
internal static class Program
{
    /// <summary>The exit code that says that PostgreSQL's programs are missing.</summary>
    private const int ProgramsMissing = 3;

    public static async Task<int> Main(string[] arguments)
    {
        try
        {
            var options = EmulatorOptions.Parse(arguments, Environment.CurrentDirectory);
            using var store = StateStore.Open(options.StateFolder);
            var token = TokenFile.ReadOrCreate(options.TokenFile);
            using EmulatorLog log = new(options.StateFolder, Console.Error);
            if (options.StopsWithInput) Owner.LeaveTerminal();
            await RunAsync(options, store, token, log);
            return 0;
        }
        catch (Exception e) when (e is FormatException or StateException or ClusterException or IOException)
        {
            // A port that is taken is an IOException.
            await Console.Error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
            return e is ClusterException { Failure: ClusterFailure.ProgramsMissing } ? ProgramsMissing : 1;
        }
    }

    private static async Task RunAsync(EmulatorOptions options, StateStore store, string token, EmulatorLog log)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        // The host's own report of a start that failed would be a second one.
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.AddSingleton<ILoggerProvider>(_ => new Borrowed(log));
        builder.WebHost.UseUrls().ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Listen(IPAddress.Loopback, options.Port);
        });
        builder.Services.AddResponseCompression(compression =>
        {
            compression.MimeTypes = ["application/json"];
            compression.Providers.Add<GzipCompressionProvider>();
        });
        builder.Services.AddRequestDecompression();
        builder.Services.AddSingleton(options).AddSingleton(log).AddSingleton(new Authentication(token, options.Account)).AddSingleton(new Faults(options.Faults, options.Seed)).AddSingleton<Pipeline>();
        // The container disposes what it makes, not what it is given.
        builder.Services.AddSingleton(store);
        builder.Services.AddApis();

        await using var app = builder.Build();
        var pipeline = app.Services.GetRequiredService<Pipeline>();
        app.UseResponseCompression();
        app.Use((HttpContext context, RequestDelegate next) => pipeline.LogAndAnswerErrorsAsync(context, next));
        app.UseRequestDecompression();
        app.UseRouting();
        app.Use((HttpContext context, RequestDelegate next) => pipeline.AuthorizeAsync(context, next));
        foreach (var api in app.Services.GetServices<IApi>()) api.Map(app);

        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        log.Write($"Listening on {address}; state in {options.StateFolder}; seed {options.Seed}; faults: {(options.Faults.Specifications is [] ? "none" : string.Join(", ", options.Faults.Specifications))}.");
        await Console.Out.WriteLineAsync($"Listening on {address}");
        if (options.StopsWithInput) _ = Owner.WatchAsync(Console.OpenStandardInput(), app.Lifetime);
        await app.WaitForShutdownAsync();
        log.Write("Stopping.");
    }

    /// <summary>The log outlives the host, which disposes of its logger providers.</summary>
    private sealed class Borrowed(EmulatorLog log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => log.CreateLogger(categoryName);

        public void Dispose()
        {
        }
    }
}
