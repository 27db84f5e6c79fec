// A client with generated code: main ADDRESS prints the titles of three books of science fiction.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "book-marketplace/recommendationspb"
)

func main() {
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	response, err := pb.NewRecommendationsClient(connection).Recommend(ctx, &pb.RecommendationRequest{
		UserId: 1, Category: pb.BookCategory_SCIENCE_FICTION, MaxResults: 3,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, book := range response.Recommendations {
		fmt.Println(book.Title)
	}
}
