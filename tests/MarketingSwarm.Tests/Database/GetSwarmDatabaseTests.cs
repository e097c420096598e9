using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Net;

namespace MarketingSwarm.Tests.Database;

[Collection(EnvironmentCollection.Name)]
public sealed class GetSwarmDatabaseTests : IDisposable
{
    private const string Secret = "s3cret";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TellsWhatTheApplicationUsesWhereNothingIsSaid()
    {
        var database = Single(Run("Get-SwarmDatabase"));

        Assert.Equal(("Sqlite", _folder.File("test_marketing_swarm.db"), "True"), (Get(database, "Engine"), Get(database, "Path"), Get(database, "IsImplied")));
    }

    [Fact]
    public void TellsWhatTheApplicationUsesOnCloudRun()
    {
        using var variables = new EnvironmentScope(("K_SERVICE", "backend"), ("INSTANCE_CONNECTION_NAME", "p:r:i"), ("DB_NAME", "db"), ("DB_PASS", Secret));

        var result = Run("Get-SwarmDatabase | Out-Default");

        Assert.Empty(result.AllErrors);
        Assert.DoesNotContain(Secret, result.AllText, StringComparison.Ordinal);
        Assert.Equal(
            [
                "Engine   : PostgreSql",
                "Url      : postgresql://app_user:***@/db?host=/cloudsql/p:r:i&port=5432",
                "Host     : /cloudsql/p:r:i",
                "Port     : 5432",
                "Database : db",
                "User     : app_user",
                "Password : ***",
                "Tls      : Prefer",
                "Origins  : Engine    environment variable INSTANCE_CONNECTION_NAME",
                "           Host      environment variable INSTANCE_CONNECTION_NAME",
                "           Port      default",
                "           Database  environment variable DB_NAME",
                "           User      default",
                "           Password  environment variable DB_PASS",
                "           Tls       default on this machine",
            ],
            ShownLines(result));
    }

    [Fact]
    public void ShowsAFileInShort()
    {
        var result = Run("Get-SwarmDatabase app.db | Out-Default");

        Assert.Equal(
            ["Engine", "Url", "Path", "Origins", ""],
            ShownLines(result).Select(line => line.Split(" : ")).Select(line => line.Length > 1 ? line[0].Trim() : ""));
    }

    [Fact]
    public void ReadsAFileOfTheProductionsSettings()
    {
        File.WriteAllText(_folder.File(".env.production"), "DB_PASS=${SECRET_DB_PASS}\nINSTANCE_CONNECTION_NAME=p:r:i\n");
        using var variables = new EnvironmentScope(("SECRET_DB_PASS", Secret), ("DATABASE_URL", "sqlite:///ignored.db"));

        var result = Run("Get-SwarmDatabase -EnvironmentFile .env.production");

        Assert.Equal(("/cloudsql/p:r:i", "True"), (Get(Single(result), "Host"), Get(Single(result), "HasPassword")));
        Assert.Equal("sqlite:///" + _folder.File("ignored.db"), Get(Single(Run("Get-SwarmDatabase")), "Url"));
        Assert.Equal(
            "AmbiguousParameterSet,MarketingSwarm.Commands.GetSwarmDatabaseCommand",
            Run("Get-SwarmDatabase -Database app.db -EnvironmentFile .env.production").SingleError.FullyQualifiedErrorId);
    }

    [Fact]
    public void TakesPathsUrlsFilesAndObjectsFromThePipeline()
    {
        var result = Run(
            "'app.db', [uri]'postgresql://u:s3cret@localhost/db', $file, (Get-SwarmDatabase archive.json) | Get-SwarmDatabase",
            ("file", new FileInfo(_folder.File("file.db"))));

        Assert.Empty(result.AllErrors);
        Assert.Equal(
            [_folder.File("app.db"), "", _folder.File("file.db"), _folder.File("archive.json")],
            result.Output.Select(database => Get(database, "Path")));
        Assert.DoesNotContain(Secret, result.AllText, StringComparison.Ordinal);
    }

    [Fact]
    public void OneWrongNameInThePipelineDoesNotEndIt()
    {
        var result = Run("'mysql://u:s3cret@h/db', 'app.db' | Get-SwarmDatabase");

        Assert.Null(result.Terminating);
        Assert.Equal("UrlSchemeUnknown,MarketingSwarm.Commands.GetSwarmDatabaseCommand", result.SingleError.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, result.SingleError.CategoryInfo.Category);
        Assert.NotNull(result.SingleError.ErrorDetails.RecommendedAction);
        Assert.Equal(_folder.File("app.db"), Get(Single(result), "Path"));
        Assert.DoesNotContain(Secret, result.AllText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql://u:s3cret@h:0/db")]
    [InlineData("postgresql://u:s3cret")]
    [InlineData("postgresql://u:s3cret@h/db?sslmode=wrong")]
    [InlineData("Host=h;Password=s3cret")]
    public void AWrongNameIsAnErrorWithoutThePassword(string name)
    {
        var result = Run("Get-SwarmDatabase $name", ("name", name));

        Assert.Equal(ErrorCategory.InvalidArgument, result.SingleError.CategoryInfo.Category);
        Assert.Empty(result.Output);
        Assert.DoesNotContain(Secret, result.AllText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Env:\\PATH", "PathNotInFileSystem")]
    [InlineData("NoSuchDrive:\\app.db", "DriveNotFound")]
    public void APathOutsideTheFileSystemIsAnError(string path, string errorId)
        => Assert.StartsWith(errorId + ",", Run("Get-SwarmDatabase $path", ("path", path)).SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void WarnsOfAWeakConnection()
    {
        var result = Run("Get-SwarmDatabase 'postgresql://u:s3cret@db.example.com/db?sslmode=require'");

        Assert.Contains("sslmode=require encrypts but does not check who 'db.example.com' is", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, result.AllText, StringComparison.Ordinal);
    }

    [Fact]
    public void TakesACredential()
    {
        var credential = new PSCredential("DOMAIN\\a\\b", new NetworkCredential("", Secret).SecurePassword);

        var result = Run("Get-SwarmDatabase postgresql://u@localhost/db -Credential $credential", ("credential", credential));

        Assert.Equal(("DOMAIN\\a\\b", "True"), (Get(Single(result), "User"), Get(Single(result), "HasPassword")));
        Assert.DoesNotContain(Secret, result.AllText, StringComparison.Ordinal);
        Assert.Equal("u", Get(Single(Run("Get-SwarmDatabase postgresql://u@localhost/db -Credential ([pscredential]::Empty)")), "User"));
    }

    [Fact]
    public void HandsOverADatabaseThatOnlyTheEnvironmentImplies()
    {
        Assert.StartsWith("DatabaseNotNamed,", Run("Initialize-SwarmDatabase").SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("test_marketing_swarm.db")));

        Run("Initialize-SwarmDatabase -Database (Get-SwarmDatabase)").EnsureSuccess();

        Assert.Equal(["0"], Sqlite3.Run(_folder.File("test_marketing_swarm.db"), "SELECT count(*) FROM conversations"));
    }

    [Fact]
    public void AFileNamedForReadingIsNotWritten()
    {
        File.WriteAllBytes(_folder.File("app.db"), []);

        var result = Run("Initialize-SwarmDatabase 'sqlite:///file:app.db?mode=ro&uri=true'");

        Assert.StartsWith("SqliteNamedReadOnly,", result.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(_folder.File("app.db")).Length);
    }

    private static IEnumerable<string> ShownLines(PowerShellResult result)
        => result.HostLines.SelectMany(line => line.Split('\n'))
            .Select(line => new StringDecorated(line).ToString(OutputRendering.PlainText).TrimEnd()).Where(line => line.Length > 0);

    private static PSObject Single(PowerShellResult result) => Assert.Single(result.Output);

    private static string Get(PSObject database, string property) => $"{database.Properties[property].Value}";

    private PowerShellResult Run(string script, params (string Name, object? Value)[] variables)
        => PowerShellSession.Run("[void]$ExecutionContext.SessionState.Path.SetLocation($folder); " + script, [.. variables, ("folder", _folder.Path)]);
}
