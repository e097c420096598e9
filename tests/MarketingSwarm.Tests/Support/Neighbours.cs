using System.Reflection;
using System.Runtime.CompilerServices;

namespace MarketingSwarm.Tests;

/// <summary>Another Npgsql and another Newtonsoft.Json, in the default load context before the module is: what a session with other modules has.</summary>
internal static class Neighbours
{
    internal static Assembly Npgsql { get; } = typeof(global::Npgsql.NpgsqlConnection).Assembly;

    internal static Assembly NewtonsoftJson { get; } = typeof(Newtonsoft.Json.JsonConvert).Assembly;

    [ModuleInitializer]
    internal static void Load()
    {
        Newtonsoft.Json.JsonConvert.SerializeObject(new global::Npgsql.NpgsqlConnectionStringBuilder { Host = "neighbour" }.Host);
    }
}
