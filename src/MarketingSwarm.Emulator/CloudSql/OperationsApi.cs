using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The operations, to be polled.</summary>
internal sealed class OperationsApi(Operations operations) : IApi
{
    private const int LargestPage = 500;
    private const string Path = "/projects/{project}/operations";
    private const string Service = "SqlOperationsService.";

    public void Map(IEndpointRouteBuilder routes)
    {
        SqlSurface.Map(
            routes, "GET", Path, Service + "List", "cloudsql.instances.get", "projects/{project}", ["instance", "maxResults:int32", "pageToken"], null,
            (request, surface) => Task.FromResult(List(request, surface)));
        SqlSurface.Map(
            routes, "GET", Path + "/{operation}", Service + "Get", "cloudsql.instances.get", "projects/{project}", [], null,
            (request, surface) => Task.FromResult(SqlViews.Operation(request, surface, Find(request))));
        SqlSurface.Map(
            routes, "POST", Path + "/{operation}/cancel", Service + "Cancel", "cloudsql.instances.update", "projects/{project}", [], null,
            (request, _) => Task.FromResult(Cancel(request)));
    }

    private JsonObject Find(ApiRequest request)
        => operations.Find(request.Route("project"), request.Route("operation")) ?? throw SqlErrors.OperationDoesNotExist();

    private JsonObject List(ApiRequest request, SqlSurface surface)
    {
        var page = Page.Of(
            operations.List(request.Route("project"), request.Query("instance")), Operations.OrderOf, request.QueryInt32("maxResults"), LargestPage,
            request.Query("pageToken"), descending: true);
        return SqlViews.List("sql#operationsList", page.Items.Select(record => SqlViews.Operation(request, surface, record)), page.NextToken);
    }

    private JsonObject Cancel(ApiRequest request)
    {
        var type = Find(request)["resource"]!["operationType"]!.GetValue<string>();
        if (!operations.TryCancel(request.Route("project"), request.Route("operation")))
            throw SqlErrors.Invalid($"This operation cannot be canceled: it is over, or its type ({type}) cannot be stopped half-way.");
        return [];
    }
}
